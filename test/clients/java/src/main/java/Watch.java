import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.Timer;
import java.util.TimerTask;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.msgpack.jackson.dataformat.MessagePackFactory;

/**
 * Watches a video, publishes a comment to it, and comes back by its position when the connection is
 * lost: Watch http://127.0.0.1:8080 msgpack|json|sse launch
 * OVATION_TOKEN is its token, if the gateway asks for one.
 */
public class Watch {
  /** The gateway sends something every 8 s. */
  static final int SILENCE_S = 16;

  /** A connection that lasted for less counts as a failed try. */
  static final Duration HELD = Duration.ofSeconds(10);

  /** Codes after which the same request may succeed. */
  static final Set<String> AGAIN =
      Set.of("draining", "history_unavailable", "overloaded", "state_unavailable", "timeout",
          "unavailable", "votes_unavailable");

  /** Would happen again: not worth another try. */
  static class Final extends Exception {
    Final(String message) {
      super(message);
    }
  }

  final String token = System.getenv("OVATION_TOKEN");
  final String url;
  final String wire;
  final String video;
  final ObjectMapper json = new ObjectMapper();
  final ObjectMapper mapper;
  final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  /** One for all tries: the comment is stored once. */
  final String eventId = UUID.randomUUID().toString();
  String epoch = "";
  long seq = -1;
  /** Up to here the gateway gives all that there is. */
  long settled;
  boolean published;
  long waitMs;
  int tries;

  Watch(String url, String wire, String video) {
    this.url = url;
    this.wire = wire;
    this.video = video;
    mapper = wire.equals("msgpack") ? new ObjectMapper(new MessagePackFactory()) : json;
  }

  /** Hands what comes to the thread that reads it: a whole message, a ping, or why it ended. */
  static class Inbox implements WebSocket.Listener {
    static final byte[] PING = {};
    final BlockingQueue<Object> received = new LinkedBlockingQueue<>();
    final ByteArrayOutputStream parts = new ByteArrayOutputStream();

    CompletionStage<?> take(WebSocket socket, byte[] bytes, boolean last) {
      parts.writeBytes(bytes);
      if (last) {
        received.add(parts.toByteArray());
        parts.reset();
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      return take(socket, bytes, last);
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      return take(socket, data.toString().getBytes(StandardCharsets.UTF_8), last);
    }

    @Override
    public CompletionStage<?> onPing(WebSocket socket, ByteBuffer message) {
      received.add(PING);
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      String text = "closed with " + code;
      received.add(code >= 4400 && code < 4500 ? new Final(text) : new IOException(text));
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      received.add(new IOException(error));
    }
  }

  void send(WebSocket socket, ObjectNode request) throws Exception {
    byte[] bytes = mapper.writeValueAsBytes(request);
    var sent = wire.equals("msgpack")
        ? socket.sendBinary(ByteBuffer.wrap(bytes), true)
        : socket.sendText(new String(bytes, StandardCharsets.UTF_8), true);
    sent.get(SILENCE_S, TimeUnit.SECONDS);
  }

  void socket() throws Exception {
    Inbox inbox = new Inbox();
    WebSocket socket = http.newWebSocketBuilder().subprotocols("ovation.v1." + wire)
        .buildAsync(URI.create(url.replaceFirst("http", "ws") + "/v1/connect"), inbox)
        .get(SILENCE_S, TimeUnit.SECONDS);
    try {
      send(socket, json.createObjectNode().put("op", "connect").put("id", 1).put("token", token));
      ObjectNode subscribe =
          json.createObjectNode().put("op", "subscribe").put("id", 2).put("video", video);
      if (seq >= 0) subscribe.put("after", seq).put("epoch", epoch);
      send(socket, subscribe);
      if (!published) {
        send(socket, comment("eventId").put("op", "publish").put("id", 3).put("video", video));
      }
      while (true) {
        Object next = inbox.received.poll(SILENCE_S, TimeUnit.SECONDS);
        if (next == null) throw new IOException("nothing is heard");
        if (next instanceof Exception end) throw end;
        if (next != Inbox.PING) handle(mapper.readTree((byte[]) next));
      }
    } finally {
      socket.abort();
    }
  }

  void stream() throws Exception {
    URI address = URI.create(url + "/v1/videos/" + video + "/events");
    HttpRequest.Builder request = request(address).header("Accept", "text/event-stream");
    if (seq >= 0) request.header("Last-Event-ID", epoch + ":" + seq);
    var response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    InputStream body = response.body();
    if (response.statusCode() != 200) throw refused(json.readTree(body).get("error"));
    Timer timer = new Timer(true);
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      while (true) {
        // There is no time limit for reading a body: closing it ends what waits for it.
        TimerTask silence = new TimerTask() {
          @Override
          public void run() {
            try {
              body.close();
            } catch (IOException ignored) {
              // It is closed all the same.
            }
          }
        };
        timer.schedule(silence, SILENCE_S * 1000L);
        String line = lines.readLine();
        silence.cancel();
        if (line == null) throw new IOException("the stream ended");
        if (!line.startsWith("data: ")) continue;
        handle(json.readTree(line.substring(6)));
        if (!published) post(address);
      }
    } finally {
      timer.cancel();
    }
  }

  HttpRequest.Builder request(URI address) {
    HttpRequest.Builder request = HttpRequest.newBuilder(address);
    return token == null ? request : request.header("Authorization", "Bearer " + token);
  }

  void post(URI address) throws Exception {
    HttpRequest request = request(address).timeout(Duration.ofSeconds(10))
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(comment("id").toString())).build();
    var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    JsonNode body = json.readTree(answer.body());
    if (body.has("error")) throw refused(body.get("error"));
    taken(body.at("/accepted/0").asText(), body.at("/seqs/0").asText());
  }

  ObjectNode comment(String idField) {
    ObjectNode event = json.createObjectNode().put("kind", "comment").put(idField, eventId);
    event.putObject("data").put("text", "Hello from Java").put("n", (1L << 53) - 1);
    return event;
  }

  void taken(String id, String seq) {
    published = true;
    System.out.println("published " + id + " " + seq);
  }

  Exception refused(JsonNode error) {
    waitMs = error.path("retryAfterMs").asLong();
    String code = error.path("code").asText();
    return AGAIN.contains(code) ? new IOException(code) : new Final(code);
  }

  void handle(JsonNode message) throws Exception {
    switch (message.path("op").asText()) {
      case "error" -> throw refused(message);
      case "result" -> {
        if (message.path("id").asInt() == 3) {
          taken(message.get("eventId").asText(), message.get("seq").asText());
        } else if (message.path("id").asInt() != 1) {
          if (!message.has("epoch")) throw new IOException("the history can't be read just now");
          boolean recovered = message.path("recovered").asBoolean();
          System.out.println(seq < 0 ? "subscribed" : recovered ? "resumed" : "missed");
          long head = message.get("seq").asLong();
          if (!recovered) seq = head;
          settled = head == 0 ? Long.MAX_VALUE : head;
          epoch = message.get("epoch").asText();
        }
      }
      case "reset" -> {
        System.out.println("missed");
        epoch = message.get("epoch").asText();
        seq = message.get("seq").asLong();
        settled = Long.MAX_VALUE;
      }
      case "bye" -> waitMs = message.get("reconnectAfterMs").asLong();
      case "events" -> {
        long likes = message.at("/counts/like").asLong();
        for (JsonNode event : message.get("events")) {
          String kind = event.get("kind").asText();
          if (kind.equals("like") && !message.has("counts")) likes++;
        }
        if (likes > 0) System.out.println("likes " + likes);
        for (JsonNode event : message.get("events")) if (event.has("seq")) durable(event);
      }
      default -> {
        // A newer gateway may send more.
      }
    }
  }

  void durable(JsonNode event) throws IOException {
    if (event.get("prev").asLong() > Math.max(seq, settled)) {
      System.out.println("gap " + seq + " " + event.get("prev").asText());
      throw new IOException("an event is missing");
    }
    seq = event.get("seq").asLong();
    // Only the next event may follow any other.
    if (settled == Long.MAX_VALUE) settled = seq;
    List<JsonNode> words = List.of(event.get("kind"), event.get("id"), event.get("seq"),
        event.get("prev"), event.get("at"), event.at("/data/n"));
    System.out.println(String.join(" ", words.stream().map(JsonNode::asText).toList()));
  }

  public static void main(String[] args) throws Exception {
    Watch watch = new Watch(args[0], args[1], args[2]);
    while (true) {
      long began = System.nanoTime();
      try {
        if (watch.wire.equals("sse")) watch.stream();
        else watch.socket();
      } catch (Final fault) {
        System.err.println("refused: " + fault.getMessage());
        System.exit(1);
      } catch (Exception fault) {
        System.out.println("lost " + fault);
      }
      if (System.nanoTime() - began > HELD.toNanos()) watch.tries = 0;
      // A random wait under a growing ceiling, and never less than the gateway asked for.
      long ceilingMs = Math.min(30_000, 250L << Math.min(watch.tries, 10));
      Thread.sleep(watch.waitMs + ThreadLocalRandom.current().nextLong(ceilingMs));
      watch.tries++;
      watch.waitMs = 0;
    }
  }
}
