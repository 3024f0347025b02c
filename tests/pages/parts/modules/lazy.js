log.push("lazy runs");
export const cause = "lazy";
export const own = () => import("./lazy.js");
