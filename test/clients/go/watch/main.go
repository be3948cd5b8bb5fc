// Watches a video, publishes a comment to it, and comes back by its position when the connection
// is lost: watch http://127.0.0.1:8080 msgpack|json|sse launch
// OVATION_TOKEN is its token, if the gateway asks for one.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/nats-io/nuid"
	"github.com/vmihailenco/msgpack/v5"
)

const (
	// The gateway sends something every 8 s.
	silence = 16 * time.Second
	// A connection that lasted for less counts as a failed try.
	held = 10 * time.Second
)

type event struct {
	ID   string `json:"id" msgpack:"id"`
	Kind string `json:"kind" msgpack:"kind"`
	At   int64  `json:"at" msgpack:"at"`
	Seq  uint64 `json:"seq" msgpack:"seq"`
	Prev uint64 `json:"prev" msgpack:"prev"`
	Data struct {
		N int64 `json:"n" msgpack:"n"`
	} `json:"data" msgpack:"data"`
}

// All that the messages of the gateway have, of which each has a part.
type message struct {
	Op               string            `json:"op" msgpack:"op"`
	ID               uint64            `json:"id" msgpack:"id"`
	EventID          string            `json:"eventId" msgpack:"eventId"`
	Seq              *uint64           `json:"seq" msgpack:"seq"`
	Epoch            string            `json:"epoch" msgpack:"epoch"`
	Recovered        bool              `json:"recovered" msgpack:"recovered"`
	Events           []event           `json:"events" msgpack:"events"`
	Counts           map[string]uint64 `json:"counts" msgpack:"counts"`
	ReconnectAfterMs int64             `json:"reconnectAfterMs" msgpack:"reconnectAfterMs"`
	Code             string            `json:"code" msgpack:"code"`
	RetryAfterMs     int64             `json:"retryAfterMs" msgpack:"retryAfterMs"`
}

// Codes after which the same request may succeed.
var again = map[string]bool{
	"draining": true, "history_unavailable": true, "overloaded": true,
	"state_unavailable": true, "timeout": true, "unavailable": true,
	"votes_unavailable": true,
}

var errFinal = errors.New("refused")

type watcher struct {
	url, wire, video, token string
	epoch                   string
	seq                     *uint64
	settled                 uint64 // Up to here the gateway gives all that there is.
	eventID                 string // One for all tries: the comment is stored once.
	published               bool
	wait                    time.Duration
	tries                   int
}

func (w *watcher) socket(ctx context.Context) error {
	subprotocol := "ovation.v1." + w.wire
	options := &websocket.DialOptions{Subprotocols: []string{subprotocol}}
	socket, _, err := websocket.Dial(ctx, w.url+"/v1/connect", options)
	if err != nil {
		return err
	}
	defer socket.CloseNow()
	socket.SetReadLimit(1 << 20)
	kind, encode, decode := websocket.MessageText, json.Marshal, json.Unmarshal
	if w.wire == "msgpack" {
		kind, encode, decode = websocket.MessageBinary, msgpack.Marshal, msgpack.Unmarshal
	}
	subscribe := map[string]any{"op": "subscribe", "id": 2, "video": w.video}
	if w.seq != nil {
		subscribe["after"], subscribe["epoch"] = *w.seq, w.epoch
	}
	connect := map[string]any{"op": "connect", "id": 1}
	if w.token != "" {
		connect["token"] = w.token
	}
	requests := []map[string]any{connect, subscribe}
	if !w.published {
		publish := w.comment("eventId")
		publish["op"], publish["id"], publish["video"] = "publish", 3, w.video
		requests = append(requests, publish)
	}
	for _, request := range requests {
		bytes, err := encode(request)
		if err != nil {
			return err
		}
		if err := socket.Write(ctx, kind, bytes); err != nil {
			return err
		}
	}
	// This library answers pings and hides them, so we ask ourselves whether the gateway is there.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		for range time.Tick(silence / 2) {
			pinging, stop := context.WithTimeout(ctx, silence/2)
			err := socket.Ping(pinging)
			stop()
			if err != nil {
				cancel()
				return
			}
		}
	}()
	for {
		_, bytes, err := socket.Read(ctx)
		if code := websocket.CloseStatus(err); code >= 4400 && code < 4500 {
			return fmt.Errorf("%w: closed with %d", errFinal, code)
		}
		if err != nil {
			return err
		}
		var received message
		if err := decode(bytes, &received); err != nil {
			return fmt.Errorf("%w: %w", errFinal, err)
		}
		if err := w.handle(received); err != nil {
			return err
		}
	}
}

func (w *watcher) stream(ctx context.Context) error {
	url := w.url + "/v1/videos/" + w.video + "/events"
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/event-stream")
	if w.seq != nil {
		request.Header.Set("Last-Event-ID", fmt.Sprintf("%s:%d", w.epoch, *w.seq))
	}
	quiet := time.AfterFunc(silence, cancel)
	defer quiet.Stop()
	response, err := w.send(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return w.refusedOverHTTP(response)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		quiet.Reset(silence)
		data, isData := strings.CutPrefix(lines.Text(), "data: ")
		if !isData {
			continue
		}
		var received message
		if err := json.Unmarshal([]byte(data), &received); err != nil {
			return err
		}
		if err := w.handle(received); err != nil {
			return err
		}
		if !w.published {
			if err := w.post(url); err != nil {
				return err
			}
		}
	}
	return errors.Join(lines.Err(), errors.New("the stream ended"))
}

func (w *watcher) send(request *http.Request) (*http.Response, error) {
	if w.token != "" {
		request.Header.Set("Authorization", "Bearer "+w.token)
	}
	return http.DefaultClient.Do(request)
}

func (w *watcher) post(url string) error {
	body, err := json.Marshal(w.comment("id"))
	if err != nil {
		return err
	}
	request, err := http.NewRequest("POST", url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := w.send(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return w.refusedOverHTTP(response)
	}
	var answer struct {
		Accepted []string  `json:"accepted"`
		Seqs     []*uint64 `json:"seqs"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	w.taken(answer.Accepted[0], *answer.Seqs[0])
	return nil
}

func (w *watcher) refusedOverHTTP(response *http.Response) error {
	var body struct {
		Error message `json:"error"`
	}
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		return err
	}
	return w.refused(body.Error)
}

func (w *watcher) comment(idField string) map[string]any {
	data := map[string]any{"text": "Hello from Go", "n": uint64(1)<<53 - 1}
	return map[string]any{"kind": "comment", idField: w.eventID, "data": data}
}

func (w *watcher) taken(id string, seq uint64) {
	w.published = true
	fmt.Println("published", id, seq)
}

func (w *watcher) refused(m message) error {
	w.wait = time.Duration(m.RetryAfterMs) * time.Millisecond
	if again[m.Code] {
		return errors.New(m.Code)
	}
	return fmt.Errorf("%w: %s", errFinal, m.Code)
}

func (w *watcher) handle(m message) error {
	switch {
	case m.Op == "error":
		return w.refused(m)
	case m.Op == "result" && m.ID == 3:
		w.taken(m.EventID, *m.Seq)
	case m.Op == "result" && m.ID != 1:
		if m.Seq == nil {
			return errors.New("the history can't be read just now")
		}
		switch {
		case w.seq == nil:
			fmt.Println("subscribed")
		case m.Recovered:
			fmt.Println("resumed")
		default:
			fmt.Println("missed")
		}
		if !m.Recovered {
			w.seq = m.Seq
		}
		w.epoch = m.Epoch
		if w.settled = *m.Seq; w.settled == 0 {
			w.settled = math.MaxUint64
		}
	case m.Op == "reset":
		fmt.Println("missed")
		w.epoch, w.seq, w.settled = m.Epoch, m.Seq, math.MaxUint64
	case m.Op == "bye":
		w.wait = time.Duration(m.ReconnectAfterMs) * time.Millisecond
	case m.Op == "events":
		likes := m.Counts["like"]
		for _, e := range m.Events {
			if e.Kind == "like" && m.Counts == nil {
				likes++
			}
		}
		if likes > 0 {
			fmt.Println("likes", likes)
		}
		for _, e := range m.Events {
			if e.Seq == 0 {
				continue
			}
			if e.Prev > max(*w.seq, w.settled) {
				fmt.Println("gap", *w.seq, e.Prev)
				return errors.New("an event is missing")
			}
			*w.seq = e.Seq
			if w.settled == math.MaxUint64 { // Only the next event may follow any other.
				w.settled = e.Seq
			}
			fmt.Println(e.Kind, e.ID, e.Seq, e.Prev, e.At, e.Data.N)
		}
	}
	return nil
}

func main() {
	w := &watcher{url: os.Args[1], wire: os.Args[2], video: os.Args[3], eventID: nuid.Next()}
	w.token = os.Getenv("OVATION_TOKEN")
	for {
		run := w.socket
		if w.wire == "sse" {
			run = w.stream
		}
		began := time.Now()
		err := run(context.Background())
		if errors.Is(err, errFinal) {
			log.Fatal(err)
		}
		fmt.Println("lost", strings.ReplaceAll(err.Error(), "\n", " "))
		if time.Since(began) > held {
			w.tries = 0
		}
		// A random wait under a growing ceiling, and never less than the gateway asked for.
		ceiling := min(30*time.Second, 250*time.Millisecond<<min(w.tries, 10))
		time.Sleep(w.wait + rand.N(ceiling))
		w.tries, w.wait = w.tries+1, 0
	}
}
