// Who comes by a link from another site has its cookie withheld (SameSite=Strict), and lands here
// although it is logged in. This request is of our own page, so it carries the cookie.
const response = await fetch("/session", { headers: { accept: "application/json" } });
if (response.ok) location.replace("/");
