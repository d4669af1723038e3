// Serves the two measured operations with express-openapi-validator: requests and answers are validated, answers as objects
// before they are encoded.
import { readFileSync } from "node:fs";
import express from "express";
import OpenApiValidator from "express-openapi-validator";

const [, , dir, port] = process.argv;
const read = (name) => JSON.parse(readFileSync(`${dir}/${name}`, "utf8"));
const page = read("page.json");
const profile = read("profile.json");

const app = express();
app.use(express.json());
app.use(
  OpenApiValidator.middleware({
    apiSpec: read("openapi.json"),
    validateRequests: true,
    validateResponses: true,
    validateSecurity: {
      handlers: { session: (request) => request.headers.authorization === "Bearer bench-session-00000000000000000000000000000" },
    },
  }),
);
app.get("/loan/record/page", (request, response) => response.set("X-Request-Id", "bench").json(page));
app.post("/user/info/work", (request, response) => response.set("X-Request-Id", "bench").json(profile));
app.use((error, request, response, next) => response.status(error.status || 500).json({ message: error.message }));
app.listen(Number(port), "127.0.0.1");
