import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Publishes a comment straight over NATS, or takes back the one whose id is given. */
public class Publish {
  static final ObjectMapper JSON = new ObjectMapper();

  /** Codes after which the same request may succeed. */
  static final Set<String> AGAIN = Set.of("history_busy", "history_unavailable", "internal",
      "overloaded", "state_unavailable", "timeout", "unavailable", "votes_unavailable");

  static JsonNode request(Connection nats, String subject, Map<String, ?> body) throws Exception {
    byte[] payload = JSON.writeValueAsBytes(body);
    String fault = "";
    for (int attempt = 0; attempt < 10; attempt++) {
      // Null: no answer in time, or no dispatcher that could answer.
      Message message = nats.request(subject, payload, Duration.ofSeconds(5));
      if (message == null) {
        fault = "no answer";
      } else {
        JsonNode reply = JSON.readTree(message.getData());
        if (!reply.has("error")) return reply;
        fault = reply.get("error").toString();
        if (!AGAIN.contains(reply.at("/error/code").asText())) break;
      }
      Thread.sleep(ThreadLocalRandom.current().nextLong(Math.min(4_000, 250L << attempt)));
    }
    throw new Exception(fault);
  }

  public static void main(String[] args) throws Exception {
    Options options = Options.builder().server(System.getenv("NATS_URL"))
        .inboxPrefix("_INBOX.publisher").build();
    try (Connection nats = Nats.connect(options)) {
      if (args.length > 0) {
        System.out.println(request(nats, "ov.retract.launch", Map.of("id", args[0])));
        return;
      }
      // Its own id: however often the request is sent, the comment is stored once.
      var event = Map.of("id", UUID.randomUUID().toString(), "kind", "comment",
          "data", Map.of("text", "Hello from Java"));
      System.out.println(request(nats, "ov.publish.launch", event));
    }
  }
}
