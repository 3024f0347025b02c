log.push("sibling runs");
export const sibling = 1;
