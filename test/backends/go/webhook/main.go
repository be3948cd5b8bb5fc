// Receives webhooks: WEBHOOK_SECRETS="whsec_… whsec_…" PORT=3002 go run ./webhook
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const limitBytes = 4 << 20

func main() {
	var hooks []*standardwebhooks.Webhook
	for _, secret := range strings.Fields(os.Getenv("WEBHOOK_SECRETS")) {
		hook, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			log.Fatal(err)
		}
		hooks = append(hooks, hook)
	}
	// verified says whether one of the secrets signed it.
	verified := func(body []byte, header http.Header) bool {
		for _, hook := range hooks {
			if hook.Verify(body, header) == nil {
				return true
			}
		}
		return false
	}
	receive := func(response http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, limitBytes))
		if err != nil || !verified(body, request.Header) {
			response.WriteHeader(http.StatusUnauthorized)
			return
		}
		// A delivery may come twice: keep the id with what you store of it.
		fmt.Println("verified", request.Header.Get("webhook-id"), string(body))
		response.WriteHeader(http.StatusNoContent)
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "3002"
	}
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening")
	log.Fatal(http.Serve(listener, http.HandlerFunc(receive)))
}
