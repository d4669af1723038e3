// A client over the types that openapi-typescript made of the mobile document: logs in, lists loans, reads a typed 409. Nothing here is
// cast but the JSON itself, so a wrong name or type does not compile.
import type { paths, components } from './creditpocket';

type Method = 'get' | 'post';
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;
type Json<T> = T extends { content: { 'application/json': infer B } } ? B : never;
type Answers<O> = O extends { responses: infer R } ? R : never;
type Success<O> = Answers<O> extends { 200: infer R } ? Json<R> : never;
type Body<O> = O extends { requestBody: infer B } ? Json<B> : undefined;
type Query<O> = O extends { parameters: { query?: infer Q } } ? Q : never;
type ErrorResponse = components['schemas']['ErrorResponse'];

type Answer<O> = { status: 200; body: Success<O> } | { status: 400 | 401 | 403 | 404 | 409 | 422 | 429 | 500 | 503; body: ErrorResponse };

const [base, mobile, password] = process.argv.slice(2);
let token = '';

async function call<P extends keyof paths, M extends Method>(
  method: M,
  path: P,
  options: { body?: Body<Operation<P, M>>; query?: Query<Operation<P, M>> },
): Promise<Answer<Operation<P, M>>> {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(options.query ?? {})) url.searchParams.set(name, String(value));
  const response = await fetch(url, {
    method: method.toUpperCase(),
    headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(options.body ? { 'Content-Type': 'application/json' } : {}) },
    body: options.body ? JSON.stringify(options.body) : undefined,
  });
  return { status: response.status, body: await response.json() } as Answer<Operation<P, M>>;
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

async function main(): Promise<void> {
  check(base !== undefined && mobile !== undefined && password !== undefined, 'usage: main.js BASE MOBILE PASSWORD');
  const login = await call('post', '/user/login', { body: { mobile, password, applyTerminal: 3 } });
  check(login.status === 200, `login: ${login.status}`);
  token = login.body.data.token;

  const loans = await call('get', '/loan/record/page', { query: { pageNum: 1, pageSize: 10 } });
  check(loans.status === 200 && loans.body.data.list.length > 0, `loans: ${loans.status}`);
  const first = loans.body.data.list[0];
  check(first !== undefined && BigInt(first.id) > 0n, 'the id is digits');

  const refused = await call('post', '/user/consent', { body: { purpose: 'DATA_PROCESSING', policyVersion: '1900-01', granted: 1 } });
  check(refused.status === 409, `the 409 is ${refused.status}`);
  const reason: components['schemas']['ErrorCode'] = refused.body.data.reason;
  check(reason === 'CONSENT_VERSION_MISMATCH' && !refused.body.data.retryable, `the 409 says ${reason}`);
  console.log(`typescript: logged in, ${loans.body.data.total} loan, 409 ${reason}`);
}

main().catch((e: unknown) => {
  console.error(e);
  process.exit(1);
});
