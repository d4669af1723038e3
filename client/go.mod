module github.com/creditpocket/creditpocket/client

go 1.25
