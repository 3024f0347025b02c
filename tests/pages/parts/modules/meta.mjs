export const url = import.meta.url;
export const below = import.meta.resolve("./x.js");
export const bare = import.meta.resolve("counter");
export let missing;
try { import.meta.resolve("nobody"); } catch (error) { missing = error.name; }
export const isSame = import.meta === import.meta && Object.getPrototypeOf(import.meta) === null;
