// A stand-in: the page's mirror is written beside this.
export function mirror(frame, { address }) {
  return {
    apply({ whole, quirks }) {
      if (whole) frame.src = address(quirks);
    },
  };
}
