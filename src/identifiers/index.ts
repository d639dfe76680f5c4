export { maxIdentifierBytes, validateIdentifier } from './identifiers.js';
