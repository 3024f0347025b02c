log.push("never begins");
await new Promise(() => {});
log.push("never ends");
