// Makes the roles of knative/rights/mongodb.json, or brings them up to date: mongosh "$ADMIN_URL" knative/rights/roles.js
const roles = JSON.parse(require("fs").readFileSync("knative/rights/mongodb.json", "utf8"));
const iotdb = db.getSiblingDB("iotdb");
for (const { createRole: name, ...rest } of roles) {
  const command = iotdb.getRole(name) ? "updateRole" : "createRole";
  printjson({ [command]: name, ok: iotdb.runCommand({ [command]: name, ...rest }).ok });
}
