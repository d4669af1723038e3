// Serves the two measured operations with fastify: requests are validated by ajv, answers are validated by ajv as objects
// before fast-json-stringify encodes them.
import { readFileSync } from "node:fs";
import fastify from "fastify";
import openapiGlue from "fastify-openapi-glue";
import responseValidation from "@fastify/response-validation";

const [, , dir, port] = process.argv;
const read = (name) => JSON.parse(readFileSync(`${dir}/${name}`, "utf8"));
const page = read("page.json");
const profile = read("profile.json");

const app = fastify({ ajv: { customOptions: { removeAdditional: false, coerceTypes: "array", strict: false, allErrors: false } } });
await app.register(responseValidation, { ajv: { strict: false } });
app.register(openapiGlue, {
  specification: read("openapi.json"),
  serviceHandlers: {
    listLoans: async (request, reply) => {
      reply.header("X-Request-Id", "bench");
      return page;
    },
    saveWorkInfo: async (request, reply) => {
      reply.header("X-Request-Id", "bench");
      return profile;
    },
  },
  securityHandlers: {
    session: (request) => {
      if (request.headers.authorization !== "Bearer bench-session-00000000000000000000000000000") throw new Error("no such session");
    },
  },
});
app.setErrorHandler((error, request, reply) => {
  const status = error.statusCode === 400 ? 400 : error.message === "no such session" ? 401 : 500;
  reply.code(status).type("text/plain").serializer(String).send(error.code ?? error.message);
});
await app.listen({ host: "127.0.0.1", port: Number(port) });
