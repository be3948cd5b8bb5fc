package main

import (
	"sync"

	"github.com/centrifugal/centrifuge"
	"github.com/nats-io/nats.go"
)

// natsBroker forwards publications over core NATS, as Centrifugo's own NATS broker does: at most once,
// without history.
type natsBroker struct {
	connection *nats.Conn
	handler    centrifuge.BrokerEventHandler
	mutex      sync.Mutex
	channels   map[string]*nats.Subscription
}

func newNatsBroker(connection *nats.Conn) *natsBroker {
	return &natsBroker{connection: connection, channels: map[string]*nats.Subscription{}}
}

func subject(channel string) string { return "bench.client." + channel }

func (b *natsBroker) RegisterBrokerEventHandler(handler centrifuge.BrokerEventHandler) error {
	b.handler = handler
	return nil
}

func (b *natsBroker) Subscribe(channels ...string) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, channel := range channels {
		if _, has := b.channels[channel]; has {
			continue
		}
		subscription, err := b.connection.Subscribe(subject(channel), func(message *nats.Msg) {
			publication := &centrifuge.Publication{Data: message.Data}
			_ = b.handler.HandlePublication(channel, publication, centrifuge.StreamPosition{}, false, nil)
		})
		if err != nil {
			return err
		}
		b.channels[channel] = subscription
	}
	return nil
}

func (b *natsBroker) Unsubscribe(channels ...string) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, channel := range channels {
		if subscription, has := b.channels[channel]; has {
			_ = subscription.Unsubscribe()
			delete(b.channels, channel)
		}
	}
	return nil
}

func (b *natsBroker) Publish(
	channel string, data []byte, _ centrifuge.PublishOptions,
) (centrifuge.PublishResult, error) {
	return centrifuge.PublishResult{}, b.connection.Publish(subject(channel), data)
}

func (b *natsBroker) PublishJoin(string, *centrifuge.ClientInfo) error  { return nil }
func (b *natsBroker) PublishLeave(string, *centrifuge.ClientInfo) error { return nil }

func (b *natsBroker) History(
	string, centrifuge.HistoryOptions,
) ([]*centrifuge.Publication, centrifuge.StreamPosition, error) {
	return nil, centrifuge.StreamPosition{}, centrifuge.ErrorNotAvailable
}

func (b *natsBroker) RemoveHistory(string) error { return centrifuge.ErrorNotAvailable }
