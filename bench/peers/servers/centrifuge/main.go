// Centrifuge, the library that Centrifugo is built on, as one of two processes that share events over
// NATS, with a channel for each video. Usage: centrifuge PORT NATS_URL
package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/centrifugal/centrifuge"
	"github.com/nats-io/nats.go"
)

func main() {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		log.Fatal(err)
	}
	connection, err := nats.Connect(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	node.SetBroker(newNatsBroker(connection))
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: ""}}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, answer centrifuge.SubscribeCallback) {
			answer(centrifuge.SubscribeReply{}, nil)
		})
		client.OnPublish(func(_ centrifuge.PublishEvent, answer centrifuge.PublishCallback) {
			answer(centrifuge.PublishReply{}, nil)
		})
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	http.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		// As in Centrifugo for many connections: shared write buffers.
		UseWriteBufferPool: true,
		// The bench's viewers don't answer pings, which by default are sent every 25 s.
		PingPongConfig: centrifuge.PingPongConfig{PingInterval: -1},
		CheckOrigin:    func(*http.Request) bool { return true },
	}))
	http.HandleFunc("/readyz", func(answer http.ResponseWriter, _ *http.Request) {
		_, _ = answer.Write([]byte("{}"))
	})
	go func() {
		log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
	}()
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		awaitParentsEnd()
		ended <- syscall.SIGTERM
	}()
	<-ended
}

// awaitParentsEnd returns when the bench, which holds the other end of an IPC channel, is gone.
func awaitParentsEnd() {
	descriptor, err := strconv.Atoi(os.Getenv("NODE_CHANNEL_FD"))
	if err != nil {
		select {}
	}
	_, _ = io.Copy(io.Discard, os.NewFile(uintptr(descriptor), "ipc"))
}
