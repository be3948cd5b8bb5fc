// Prints a viewer's token: go run ./token anna launch
package main

import (
	"fmt"
	"log"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func viewer(actor, video string) (string, error) {
	claims := jwt.MapClaims{
		"sub":     actor,
		"videos":  []string{video},
		"publish": []string{"like", "comment"},
		"exp":     time.Now().Add(10 * time.Minute).Unix(),
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	return token.SignedString([]byte(os.Getenv("OVATION_AUTH_SECRET")))
}

func main() {
	token, err := viewer(os.Args[1], os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token)
}
