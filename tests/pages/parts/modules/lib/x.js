import which from "which";
export default "x with " + which;
