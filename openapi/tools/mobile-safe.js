// Rules of our own: shapes that the generators of mobile clients turn into something that does not compile or cannot hold the answer.

// Words that Kotlin, Swift, Dart, Java and TypeScript keep for themselves and that generators have been seen to trip over.
const keywords = new Set(`abstract as async await break case catch class const continue default defer delete do else enum extends external
  false final finally for fun func function guard if implements import in infix init inout inline instanceof interface internal is late let
  native new null object open operator out override package private protected protocol public required return sealed self static struct super
  switch synchronized this throw throws transient true try type typealias typeof union using val value values var void volatile when where while
  with yield`.split(/\s+/));

const camel = (name) => name.replace(/[^A-Za-z0-9]+(.)?/g, (_, c) => (c ? c.toUpperCase() : '')).toLowerCase();

// Generators drop `data` where a response is an inline allOf, and name anonymous ones InlineResponse200.
function ResponsesAreNamed() {
  return {
    MediaType(media, { report, location }) {
      const schema = media.schema;
      if (schema && !schema.$ref && schema.format !== 'binary' && schema.type !== 'string') {
        report({ message: 'The schema of a body must be a named component.', location: location.child('schema') });
      }
    },
  };
}

function NoAllOf() {
  return {
    Schema(schema, { report, location }) {
      if (schema.allOf) report({ message: 'allOf: some generators drop what it adds. Write the schema out flat.', location: location.child('allOf') });
    },
  };
}

// A choice of types becomes an empty class in Kotlin and a compile error in Swift.
function OneType() {
  return {
    Schema(schema, { report, location }) {
      for (const key of ['oneOf', 'anyOf', 'not']) {
        if (schema[key]) report({ message: `${key}: a field must have one type.`, location: location.child(key) });
      }
      if (!schema.type) report({ message: 'A schema must say its type.', location });
    },
  };
}

function NoKeywords() {
  return {
    Schema(schema, { report, location }) {
      (schema.enum || []).forEach((value, i) => {
        if (!location.pointer.includes('/headers/') && keywords.has(String(value))) report({ message: `The enum value ${value} is a keyword of a mobile language.`, location: location.child(['enum', i]) });
      });
    },
  };
}

// Generators write enums of integers back as strings; a documented range survives.
function NoIntegerEnums() {
  return {
    Schema(schema, { report, location }) {
      if (schema.enum && schema.type !== 'string') report({ message: 'Only strings may be enumerated: describe the numbers in a table.', location: location.child('enum') });
    },
  };
}

function NoTwins() {
  return {
    Schema(schema, { report, location }) {
      const seen = new Map();
      for (const name of Object.keys(schema.properties || {})) {
        const key = camel(name);
        if (seen.has(key)) report({ message: `${name} and ${seen.get(key)} become one identifier.`, location: location.child(['properties', name]) });
        seen.set(key, name);
      }
    },
  };
}

// Error is a class of Swift, Dart, Kotlin and JavaScript; so are these.
function NoReservedModels() {
  const reserved = new Set(['Error', 'Exception', 'Result', 'Data', 'Date', 'Object', 'String', 'Number', 'Any', 'Response', 'Request', 'Function', 'Map', 'List', 'Type']);
  return {
    NamedSchemas(schemas, { report, location }) {
      for (const name of Object.keys(schemas)) {
        if (reserved.has(name)) report({ message: `A model must not be called ${name}.`, location: location.child([name]) });
      }
    },
  };
}

// What every operation can answer: a borrower without a session, too many requests, our own defects.
function EveryOperationCanBeRefused() {
  return {
    Operation(operation, { report, location }) {
      for (const status of ['401', '429', '500']) {
        if (!(operation.responses || {})[status]) report({ message: `${status} is not declared.`, location: location.child('responses') });
      }
    },
  };
}

export default function mobileSafe() {
  return {
    id: 'mobile-safe',
    rules: {
      oas3: {
        'bodies-are-named': ResponsesAreNamed,
        'no-all-of': NoAllOf,
        'one-type': OneType,
        'no-keywords': NoKeywords,
        'no-integer-enums': NoIntegerEnums,
        'no-twins': NoTwins,
        'no-reserved-models': NoReservedModels,
        'every-operation-can-be-refused': EveryOperationCanBeRefused,
      },
    },
  };
}
