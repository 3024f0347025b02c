// A stand-in: the page's mirror is written beside this.
export function mirror() {
  return { apply() {} };
}
