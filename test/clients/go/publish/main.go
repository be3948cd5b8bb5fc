// Publishes a comment straight over NATS, or takes back the one whose id is given.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
)

type reply struct {
	Accepted []string  `json:"accepted,omitempty"`
	Seqs     []*uint64 `json:"seqs,omitempty"`
	Error    *fault    `json:"error,omitempty"`
}

type fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Codes after which the same request may succeed.
var again = map[string]bool{
	"history_busy": true, "history_unavailable": true, "internal": true,
	"overloaded": true, "state_unavailable": true, "timeout": true,
	"unavailable": true, "votes_unavailable": true,
}

func request(nc *nats.Conn, subject string, body any) (reply, error) {
	payload, err := json.Marshal(body)
	if err != nil {
		return reply{}, err
	}
	for attempt := range 10 {
		var answer reply
		var message *nats.Msg
		message, err = nc.Request(subject, payload, 5*time.Second)
		if err == nil {
			if err = json.Unmarshal(message.Data, &answer); err != nil || answer.Error == nil {
				return answer, err
			}
			err = fmt.Errorf("%s: %s", answer.Error.Code, answer.Error.Message)
			if !again[answer.Error.Code] {
				return answer, err
			}
		} else if !errors.Is(err, nats.ErrTimeout) && !errors.Is(err, nats.ErrNoResponders) {
			return answer, err
		}
		time.Sleep(rand.N(min(4*time.Second, 250*time.Millisecond<<attempt)))
	}
	return reply{}, err
}

func main() {
	nc, err := nats.Connect(os.Getenv("NATS_URL"), nats.CustomInboxPrefix("_INBOX.publisher"))
	if err != nil {
		log.Fatal(err)
	}
	defer nc.Close()
	// Its own id: however often the request is sent, the comment is stored once.
	subject, body := "ov.publish.launch", map[string]any{
		"id": nuid.Next(), "kind": "comment", "data": map[string]any{"text": "Hello from Go"},
	}
	if len(os.Args) > 1 {
		subject, body = "ov.retract.launch", map[string]any{"id": os.Args[1]}
	}
	answer, err := request(nc, subject, body)
	if err != nil {
		log.Fatal(err)
	}
	text, _ := json.Marshal(answer)
	fmt.Println(string(text))
}
