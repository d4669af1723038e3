// Runs a Postman collection with the engine of Postman's own app, and writes one line of JSON for each answer: what it was, what the
// scripts said, and the variable `token` after them. The judging is not done here.
//   node postman.mjs COLLECTION.json
import fs from 'node:fs';
import runtime from 'postman-runtime';
import sdk from 'postman-collection';

const collection = new sdk.Collection(JSON.parse(fs.readFileSync(process.argv[2], 'utf8')));
let token = collection.variables.get('token');
let made = {};

const fail = (what) => (error) => {
  if (error) made.faults.push(`${what}: ${error.message ?? error}`);
};

new runtime.Runner().run(collection, {
  fileResolver: fs,
  timeout: { request: 30000, script: 10000 },
  requester: { followRedirects: false, implicitTraceHeader: false },
}, (error, run) => {
  if (error) throw error;
  run.start({
    beforeItem: () => { made = { faults: [] }; },
    script: (error, _cursor, result) => {
      fail('script')(error ?? result?.error);
      token = result?.collectionVariables?.values?.find((v) => v.key === 'token')?.value ?? token;
    },
    exception: (_cursor, error) => fail('exception')(error),
    assertion: (_cursor, assertions) => assertions.forEach((a) => fail(`assertion ${a.name}`)(a.error)),
    request: (error, _cursor, response, request) => {
      fail('request')(error);
      made.asked = `${request.method} ${request.url}`;
      made.status = response?.code;
      made.type = response?.headers.get('Content-Type');
      made.body = response?.stream?.toString('utf8');
    },
    item: (error, _cursor, item) => {
      fail('item')(error);
      console.log(JSON.stringify({ folder: item.parent()?.name, name: item.name, token, ...made }));
    },
    done: (error) => { if (error) throw error; },
  });
});
