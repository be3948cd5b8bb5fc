// Deletes a comment and mutes its author: go run ./moderate launch <id> troll-7
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// send returns the answer's body; a refusal is an error with the gateway's code and message.
func send(method, path, body string) ([]byte, error) {
	request, err := http.NewRequest(method, os.Getenv("OVATION_URL")+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("OVATION_TOKEN"))
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s", method, path, answer)
	}
	return answer, err
}

func main() {
	video, id, actor := url.PathEscape(os.Args[1]), url.PathEscape(os.Args[2]), url.PathEscape(os.Args[3])
	if _, err := send(http.MethodDelete, "/v1/videos/"+video+"/events/"+id, ""); err != nil {
		log.Fatal(err)
	}
	mute := `{"mode":"mute","forMs":600000,"reason":"spam"}`
	answer, err := send(http.MethodPut, "/v1/videos/"+video+"/bans/"+actor, mute)
	if err != nil {
		log.Fatal(err)
	}
	var ban struct {
		UntilMs int64 `json:"untilMs"`
	}
	if err := json.Unmarshal(answer, &ban); err != nil {
		log.Fatal(err)
	}
	fmt.Println("muted until", time.UnixMilli(ban.UntilMs).UTC().Format(time.RFC3339))
}
