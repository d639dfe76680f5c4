export { identifierProblem, maxIdentifierBytes } from './identifiers.js';
