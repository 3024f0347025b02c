export default "the scoped one";
