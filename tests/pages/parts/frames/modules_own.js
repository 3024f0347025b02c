log.push("own runs");
export default [import.meta.url.replace(/^.*\//, ""), window.parent !== window, import.meta.resolve("counter").replace(/^.*\//, "")];
