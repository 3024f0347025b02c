export const before = 1;
throw new Error("thrown by a module");
