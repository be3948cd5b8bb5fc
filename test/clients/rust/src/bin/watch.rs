//! Watches a video, publishes a comment to it, and comes back by its position when the connection
//! is lost: watch http://127.0.0.1:8080 msgpack|json|sse launch
//! OVATION_TOKEN is its token, if the gateway asks for one.
use futures_util::{SinkExt, StreamExt};
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::HashMap, env, time::Duration};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{self, Message as Frame, client::IntoClientRequest},
};

/// The gateway sends something every 8 s.
const SILENCE: Duration = Duration::from_secs(16);
/// A connection that lasted for less counts as a failed try.
const HELD: Duration = Duration::from_secs(10);
/// Codes after which the same request may succeed.
const AGAIN: [&str; 7] = [
    "draining",
    "history_unavailable",
    "overloaded",
    "state_unavailable",
    "timeout",
    "unavailable",
    "votes_unavailable",
];

#[derive(Deserialize)]
struct Event {
    id: String,
    kind: String,
    at: u64,
    seq: Option<u64>,
    prev: Option<u64>,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    n: Option<i64>,
}

#[derive(Deserialize)]
struct Fault {
    code: String,
    #[serde(rename = "retryAfterMs")]
    retry_after_ms: Option<u64>,
}

/// What a gateway sends; what a newer one may send besides is `Other`.
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", rename_all_fields = "camelCase")]
enum Message {
    Result {
        id: u64,
        event_id: Option<String>,
        seq: Option<u64>,
        epoch: Option<String>,
        recovered: Option<bool>,
    },
    Error(Fault),
    Events {
        events: Vec<Event>,
        counts: Option<HashMap<String, u64>>,
    },
    Reset {
        epoch: String,
        seq: u64,
    },
    Bye {
        reconnect_after_ms: u64,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Accepted {
    accepted: Vec<String>,
    seqs: Vec<Option<u64>>,
}

#[derive(Deserialize)]
struct Refused {
    error: Fault,
}

enum End {
    /// Worth another try.
    Lost(String),
    /// Would happen again.
    Final(String),
}

impl<E: std::error::Error> From<E> for End {
    fn from(error: E) -> Self {
        End::Lost(error.to_string())
    }
}

struct Watcher {
    url: String,
    wire: String,
    video: String,
    token: Option<String>,
    epoch: String,
    seq: Option<u64>,
    /// Up to here the gateway gives all that there is.
    settled: u64,
    /// One for all tries: the comment is stored once.
    event_id: String,
    published: bool,
    wait: Duration,
    tries: u32,
}

impl Watcher {
    fn encode(&self, request: &impl Serialize) -> Result<Frame, End> {
        Ok(match self.wire.as_str() {
            "msgpack" => Frame::Binary(rmp_serde::to_vec_named(request)?.into()),
            _ => Frame::Text(serde_json::to_string(request)?.into()),
        })
    }

    async fn socket(&mut self) -> Result<(), End> {
        let address = self.url.replacen("http", "ws", 1) + "/v1/connect";
        let mut request = address.into_client_request()?;
        let subprotocol = format!("ovation.v1.{}", self.wire).parse()?;
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", subprotocol);
        let (mut socket, _) = timeout(SILENCE, connect_async(request)).await??;
        socket
            .send(self.encode(&json!({"op": "connect", "id": 1, "token": self.token}))?)
            .await?;
        let mut subscribe = json!({"op": "subscribe", "id": 2, "video": self.video});
        if let Some(seq) = self.seq {
            subscribe["after"] = seq.into();
            subscribe["epoch"] = self.epoch.clone().into();
        }
        socket.send(self.encode(&subscribe)?).await?;
        if !self.published {
            let mut publish = self.comment("eventId");
            publish["op"] = "publish".into();
            publish["id"] = 3.into();
            publish["video"] = self.video.clone().into();
            socket.send(self.encode(&publish)?).await?;
        }
        // The gateway's pings come out of here too, so that silence shows.
        while let Some(frame) = timeout(SILENCE, socket.next()).await? {
            let message = match frame? {
                Frame::Binary(bytes) => rmp_serde::from_slice(&bytes)?,
                Frame::Text(text) => serde_json::from_str(&text)?,
                Frame::Close(Some(close)) if (4400..4500).contains(&u16::from(close.code)) => {
                    return Err(End::Final(format!("closed with {}", close.code)));
                }
                _ => continue,
            };
            self.handle(message)?;
        }
        Err(tungstenite::Error::ConnectionClosed.into())
    }

    async fn stream(&mut self) -> Result<(), End> {
        let http = reqwest::Client::builder().read_timeout(SILENCE).build()?;
        let url = format!("{}/v1/videos/{}/events", self.url, self.video);
        let mut request = http.get(&url).header("Accept", "text/event-stream");
        if let Some(seq) = self.seq {
            request = request.header("Last-Event-ID", format!("{}:{seq}", self.epoch));
        }
        let mut response = self.authorized(request).send().await?;
        if !response.status().is_success() {
            return Err(self.refused(response.json::<Refused>().await?.error));
        }
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            text.extend_from_slice(&chunk);
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                let Some(data) = line.strip_prefix(b"data: ") else {
                    continue;
                };
                self.handle(serde_json::from_slice(data)?)?;
                if !self.published {
                    let answer = self
                        .authorized(http.post(&url).json(&self.comment("id")))
                        .send()
                        .await?;
                    if !answer.status().is_success() {
                        return Err(self.refused(answer.json::<Refused>().await?.error));
                    }
                    let Accepted { accepted, seqs } = answer.json().await?;
                    self.taken(&accepted[0], seqs[0].unwrap_or_default());
                }
            }
        }
        Err(End::Lost("the stream ended".into()))
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    fn comment(&self, id_field: &str) -> Value {
        let data = json!({"text": "Hello from Rust", "n": (1_u64 << 53) - 1});
        json!({"kind": "comment", id_field: self.event_id, "data": data})
    }

    fn taken(&mut self, id: &str, seq: u64) {
        self.published = true;
        println!("published {id} {seq}");
    }

    fn refused(&mut self, fault: Fault) -> End {
        self.wait = Duration::from_millis(fault.retry_after_ms.unwrap_or_default());
        match AGAIN.contains(&fault.code.as_str()) {
            true => End::Lost(fault.code),
            false => End::Final(fault.code),
        }
    }

    fn handle(&mut self, message: Message) -> Result<(), End> {
        match message {
            Message::Error(fault) => return Err(self.refused(fault)),
            Message::Result {
                id: 3,
                event_id: Some(id),
                seq: Some(seq),
                ..
            } => {
                self.taken(&id, seq);
            }
            Message::Result {
                epoch: Some(epoch),
                seq,
                recovered,
                ..
            } => {
                println!(
                    "{}",
                    match (self.seq, recovered) {
                        (None, _) => "subscribed",
                        (_, Some(true)) => "resumed",
                        _ => "missed",
                    }
                );
                if recovered != Some(true) {
                    self.seq = seq;
                }
                self.epoch = epoch;
                self.settled = seq.filter(|seq| *seq > 0).unwrap_or(u64::MAX);
            }
            Message::Reset { epoch, seq } => {
                println!("missed");
                (self.epoch, self.seq, self.settled) = (epoch, Some(seq), u64::MAX);
            }
            Message::Bye { reconnect_after_ms } => {
                self.wait = Duration::from_millis(reconnect_after_ms);
            }
            Message::Result { id: 0 | 2, .. } => {
                return Err(End::Lost("the history can't be read just now".into()));
            }
            Message::Events { events, counts } => {
                let likes = match counts {
                    Some(counts) => counts.get("like").copied().unwrap_or_default(),
                    None => events.iter().filter(|event| event.kind == "like").count() as u64,
                };
                if likes > 0 {
                    println!("likes {likes}");
                }
                for event in events {
                    self.event(event)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn event(
        &mut self,
        Event {
            id,
            kind,
            at,
            seq,
            prev,
            data,
        }: Event,
    ) -> Result<(), End> {
        let (Some(seq), Some(prev)) = (seq, prev) else {
            return Ok(());
        };
        let last = self.seq.unwrap_or_default();
        if prev > last.max(self.settled) {
            println!("gap {last} {prev}");
            return Err(End::Lost("an event is missing".into()));
        }
        self.seq = Some(seq);
        // Only the next event may follow any other.
        if self.settled == u64::MAX {
            self.settled = seq;
        }
        let n = data.and_then(|data| data.n).unwrap_or_default();
        println!("{kind} {id} {seq} {prev} {at} {n}");
        Ok(())
    }
}

#[tokio::main]
async fn main() {
    let [url, wire, video] = env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .expect("URL WIRE VIDEO");
    let event_id = format!("{:032x}", rand::random::<u128>());
    let mut watcher = Watcher {
        url,
        wire,
        video,
        token: env::var("OVATION_TOKEN").ok(),
        epoch: String::new(),
        seq: None,
        settled: 0,
        event_id,
        published: false,
        wait: Duration::ZERO,
        tries: 0,
    };
    loop {
        let began = Instant::now();
        let ended = match watcher.wire.as_str() {
            "sse" => watcher.stream().await,
            _ => watcher.socket().await,
        };
        match ended {
            Ok(()) => {}
            Err(End::Lost(fault)) => println!("lost {fault}"),
            Err(End::Final(fault)) => panic!("refused: {fault}"),
        }
        if began.elapsed() > HELD {
            watcher.tries = 0;
        }
        // A random wait under a growing ceiling, and never less than the gateway asked for.
        let ceiling = 30.0_f64.min(0.25 * f64::from(1 << watcher.tries.min(10)));
        sleep(watcher.wait + Duration::from_secs_f64(rand::random_range(0.0..ceiling))).await;
        watcher.wait = Duration::ZERO;
        watcher.tries += 1;
    }
}
