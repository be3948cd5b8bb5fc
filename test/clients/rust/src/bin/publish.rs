//! Publishes a comment straight over NATS, or takes back the one whose id is given.
use async_nats::{Client, ConnectOptions, RequestErrorKind, ServerAddr};
use serde_json::{Value, json};
use std::{env, error::Error, time::Duration};

/// Codes after which the same request may succeed.
const AGAIN: [&str; 8] = [
    "history_busy",
    "history_unavailable",
    "internal",
    "overloaded",
    "state_unavailable",
    "timeout",
    "unavailable",
    "votes_unavailable",
];

async fn request(client: &Client, subject: &str, body: Value) -> Result<Value, Box<dyn Error>> {
    let mut fault = String::new();
    for attempt in 0..10 {
        let subject = subject.to_string();
        match client.request(subject, body.to_string().into()).await {
            Ok(message) => {
                let reply: Value = serde_json::from_slice(&message.payload)?;
                let Some(code) = reply["error"]["code"].as_str() else {
                    return Ok(reply);
                };
                fault = reply["error"].to_string();
                if !AGAIN.contains(&code) {
                    break;
                }
            }
            Err(error) => match error.kind() {
                RequestErrorKind::TimedOut | RequestErrorKind::NoResponders => {
                    fault = error.to_string();
                }
                _ => return Err(error.into()),
            },
        }
        let wait = rand::random_range(0.0..4.0_f64.min(0.25 * f64::from(1 << attempt)));
        tokio::time::sleep(Duration::from_secs_f64(wait)).await;
    }
    Err(fault.into())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // This library does not look at the login in a URL.
    let server: ServerAddr = env::var("NATS_URL")?.parse()?;
    let user = server.username().unwrap_or_default().to_string();
    let password = server.password().unwrap_or_default().to_string();
    let client = ConnectOptions::with_user_and_password(user, password)
        .custom_inbox_prefix("_INBOX.publisher")
        .request_timeout(Some(Duration::from_secs(5)))
        .connect(server)
        .await?;
    let reply = match env::args().nth(1) {
        Some(id) => request(&client, "ov.retract.launch", json!({"id": id})).await?,
        None => {
            // Its own id: however often the request is sent, the comment is stored once.
            let id = format!("{:032x}", rand::random::<u128>());
            let data = json!({"text": "Hello from Rust"});
            let event = json!({"id": id, "kind": "comment", "data": data});
            request(&client, "ov.publish.launch", event).await?
        }
    };
    println!("{reply}");
    Ok(())
}
