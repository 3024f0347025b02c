log.push("waits begins");
export const answer = await new Promise((resolve) => setTimeout(resolve, 20, 42));
log.push("waits ends");
