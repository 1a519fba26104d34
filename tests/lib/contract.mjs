// tests/lib/contract.mjs -- /openapi.json as a judge of replies.
//
// Is:    the schema of each route's reply, compiled once; check(reply) throws when a reply breaks its word.
// Never: lets a JSON reply through that no schema describes, but for the few in FREE.
import assert from 'node:assert/strict';
import Ajv from 'ajv/dist/2020.js';

/** JSON whose form is another's to say: OpenAPI's, RudderStack's, Segment's. */
const FREE = new Set(['/openapi.json', '/sourceConfig', '/v1/projects/{key}/settings']);
/** Paths that are other names of a documented one. */
const ALIASES = [
  [/^\/v1\/t$/, '/v1/track'], [/^\/v1\/p$/, '/v1/page'], [/^\/v1\/s$/, '/v1/screen'], [/^\/v1\/i$/, '/v1/identify'],
  [/^\/v1\/g$/, '/v1/group'], [/^\/v1\/a$/, '/v1/alias'], [/^\/v1\/b$/, '/v1/batch'], [/^\/sourceConfig\/$/, '/sourceConfig'],
  [/^\/api\/campaigns$/, '/api/campaigns/'],
];
/** Path parameters that take slashes. */
const REST = new Set(['person', 'name']);

export class Contract {
  constructor(document) {
    this.document = document;
    this.ajv = new Ajv({ strict: true, strictRequired: true, allowUnionTypes: true, allErrors: true });
    this.ajv.addVocabulary(['openapi', 'info', 'paths', 'components']);
    this.ajv.addSchema(document, 'demetra');
    this.routes = Object.entries(document.paths).map(([path, methods]) => ({ path, methods, pattern: patternOf(path) }));
    /* "/rejects/replay" before "/rejects/{id}" */
    this.routes.sort((a, b) => a.path.split('{').length - b.path.split('{').length);
  }

  /** The validator of a schema by its name. */
  validator(name) {
    return this.ajv.getSchema(`demetra#/components/schemas/${name}`);
  }

  /** The route that a request meets, if any. */
  find(method, target) {
    const at = new URL(target, 'http://x').pathname;
    const path = ALIASES.reduce((found, [alias, real]) => (alias.test(at) ? real : found), at);
    const route = this.routes.find(({ pattern, methods }) => pattern.test(path) && methods[method.toLowerCase()]);
    return route && { path: route.path, ...route.methods[method.toLowerCase()] };
  }

  check(reply) {
    const type = reply.headers['content-type'] ?? '';

    assert.ok(reply.headers['x-request-id'], `${reply}: no X-Request-Id`);
    assert.equal(reply.headers['x-content-type-options'], 'nosniff');
    if (reply.status >= 400 && !(reply.status === 503 && reply.target === '/health')) this.checkProblem(reply);
    else if (type.startsWith('application/json') && reply.method !== 'HEAD') this.checkJson(reply);
  }

  checkJson(reply) {
    const route = this.find(reply.method, reply.target);

    assert.ok(route, `${reply}: JSON from a route that /openapi.json does not list`);
    if (FREE.has(route.path)) return;
    const schema = route.responses['2XX'].content?.['application/json'].schema.$ref;
    assert.ok(schema, `${reply}: no schema says what ${route.path} gives`);
    this.valid(schema.split('/').at(-1), reply);
  }

  checkProblem(reply) {
    assert.equal(reply.headers['content-type'], 'application/problem+json', `${reply}`);
    if (reply.method === 'HEAD') return;
    this.valid('Problem', reply);
    const problem = reply.json();
    assert.equal(problem.status, reply.status);
    assert.equal(problem.request_id, reply.headers['x-request-id']);
    assert.ok(problem.title && problem.detail, `${reply}`);
  }

  valid(name, reply) {
    const validate = this.validator(name);

    assert.ok(validate, `there is no schema ${name}`);
    assert.ok(validate(reply.json()), `${reply}\nis no ${name}: ${this.ajv.errorsText(validate.errors)}`);
  }
}

function patternOf(path) {
  const parts = path.split(/\{([^}]+)\}/);
  const source = parts.map((part, i) => (i % 2 ? (REST.has(part) ? '.+' : '[^/]+') : part.replace(/[.*+?^$()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${source.join('')}$`);
}
