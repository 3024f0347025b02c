export * from "./counter.js";
export { default as Counter, count as howMany } from "./counter.js";
export * as all from "./counter.js";
export const own = import.meta.url;
