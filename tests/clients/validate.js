// Validates documents by a JSON Schema (2020-12), with a validator that others wrote: {schema, documents} on standard
// input, for each document the list of what is wrong on standard output. A keyword it does not know is an error.
"use strict";

const Ajv = require("ajv/dist/2020");

const { schema, documents } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const validate = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema);
const wrong = (document) => (validate(document) ? [] : validate.errors.map((error) => `${error.instancePath} ${error.message}`));
console.log(JSON.stringify(documents.map(wrong)));
