// Package access decides who may come in: one-time codes by text message, registration, login by password or code, sessions,
// and how often anybody may try. Its Service and Limiter are what the HTTP layer asks before every operation. It may import the
// pure packages, provider, store and job.
package access
