# agentmock: the five APIs on one port, for tests in any language.
#
#   docker build -t agentmock . && docker run --rm -p 4141:4141 agentmock
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# The version is that of the tag in .git.
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=true -ldflags="-s -w" -o /agentmock ./mockserver/cmd/agentmock

FROM scratch
COPY --from=build /agentmock /agentmock
COPY LICENSE /LICENSE
# Everybody on the network of the container may call it; the admin API then asks for a token, which the ready line tells,
# or AGENTMOCK_ADMIN_TOKEN sets.
ENV AGENTMOCK_ADDR=0.0.0.0:4141
EXPOSE 4141
USER 65532:65532
# It finds the address of the server in the container by itself, whatever arguments that one was given.
HEALTHCHECK --interval=5s --timeout=4s --start-period=2s CMD ["/agentmock", "-healthcheck"]
ENTRYPOINT ["/agentmock"]
