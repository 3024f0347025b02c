export default "the plain one";
