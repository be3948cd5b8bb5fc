// Publishes a comment: go run ./publish launch anna "Hello"
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"time"
)

const retryFor = 30 * time.Second

type event struct {
	ID    string         `json:"id"`
	Kind  string         `json:"kind"`
	Actor string         `json:"actor"`
	Data  map[string]any `json:"data"`
}

type answer struct {
	Accepted []string `json:"accepted"`
	Seqs     []int64  `json:"seqs"`
	Error    struct {
		Code         string `json:"code"`
		Message      string `json:"message"`
		RetryAfterMs int64  `json:"retryAfterMs"`
	} `json:"error"`
}

// publish sends the event until it is accepted or refused. With the same id in each, it is stored once.
func publish(video string, e event) (answer, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return answer{}, err
	}
	end := time.Now().Add(retryFor)
	for ceiling := 200 * time.Millisecond; ; ceiling = min(2*ceiling, 5*time.Second) {
		got, status, err := post("/v1/videos/"+video+"/events", body)
		if err == nil && status == http.StatusOK {
			return got, nil
		}
		if err == nil {
			err = fmt.Errorf("%s: %s", got.Error.Code, got.Error.Message)
			if status != http.StatusTooManyRequests && status < 500 {
				return got, err
			}
		}
		least := time.Duration(got.Error.RetryAfterMs) * time.Millisecond
		if time.Now().Add(least).After(end) {
			return got, err
		}
		time.Sleep(least + mathrand.N(ceiling))
	}
}

func post(path string, body []byte) (answer, int, error) {
	var got answer
	request, err := http.NewRequest(http.MethodPost, os.Getenv("OVATION_URL")+path, bytes.NewReader(body))
	if err != nil {
		return got, 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+os.Getenv("OVATION_TOKEN"))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return got, 0, err
	}
	defer response.Body.Close()
	err = json.NewDecoder(response.Body).Decode(&got)
	return got, response.StatusCode, err
}

func main() {
	video, actor, text := os.Args[1], os.Args[2], os.Args[3]
	data := map[string]any{"text": text}
	got, err := publish(video, event{ID: rand.Text(), Kind: "comment", Actor: actor, Data: data})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(got.Accepted[0], got.Seqs[0])
}
