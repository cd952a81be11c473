// Parts of the earth, in degrees, that the map shows: as wide as its canvas is.

import { byId } from "/assets/elements.js";

export const WORLD = { west: -180, south: -90, east: 180, north: 90 };
const LEAST_DEGREES = 0.002; // what is shown at the least, about 200 m
const ONE_PLACE_DEGREES = LEAST_DEGREES / 24; // no cell is finer than that
const MARGIN = 0.08; // around devices, of the width they take

// The box, or the earth where the text names none.
export function boxOf(text) {
  const [west, south, east, north] = text.split(",").map(Number);
  const box = { west, south, east, north };
  const isOne = Object.values(box).every(Number.isFinite) && west < east && south < north;
  return inside(isOne ? box : WORLD);
}

// A part of the earth as wide as the canvas is, with all of the box in it.
export function inside({ west, south, east, north }) {
  const canvas = byId("map");
  const ratio = canvas.clientWidth / canvas.clientHeight || 2;
  let width = Math.max(east - west, (north - south) * ratio, LEAST_DEGREES);
  width = Math.min(width, 360, 180 * ratio);
  const height = width / ratio;
  const x = clamp((west + east) / 2, -180 + Math.min(width, 360) / 2, 180 - Math.min(width, 360) / 2);
  const y = clamp((south + north) / 2, -90 + height / 2, 90 - height / 2);
  return { west: x - width / 2, south: y - height / 2, east: x + width / 2, north: y + height / 2 };
}

const clamp = (value, least, most) => Math.min(Math.max(value, Math.min(least, most)), Math.max(least, most));

export function textOf({ west, south, east, north }) {
  const within = (value, most) => String(Number(clamp(value, -most, most).toFixed(6)));
  return [within(west, 180), within(south, 90), within(east, 180), within(north, 90)].join(",");
}

// Whether devices with these edges are one circle however near one goes.
export const isOnePlace = ({ west, south, east, north }) => Math.max(east - west, north - south) < ONE_PLACE_DEGREES;

// A box with all of these edges, and some room.
export function around({ west, south, east, north }) {
  const room = Math.max(east - west, north - south, LEAST_DEGREES) * MARGIN;
  return inside({ west: west - room, south: south - room, east: east + room, north: north + room });
}
