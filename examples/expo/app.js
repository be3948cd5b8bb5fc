import { ovationFor } from "ovation-client";
import { useComments, useLikes, useTotals, useVideo, useViewers } from "ovation-client/react";
import { useEffect, useState } from "react";
import { AppState, Button, FlatList, SafeAreaView, Text, TextInput } from "react-native";

const ovation = ovationFor({
  url: process.env.EXPO_PUBLIC_OVATION_URL ?? "http://127.0.0.1:8080",
});

/** Others published it, so it may be anything. */
const textOf = (data) => String(data?.text ?? "");

export function App() {
  const video = useVideo(ovation, "launch", { history: 50 });
  const viewers = useViewers(video);
  const { like = 0 } = useTotals(video);
  const { publish: publishLike } = useLikes(video);
  const { comments, publish } = useComments(video, { parse: textOf });
  const [text, setText] = useState("");

  // While the app is in the background its connection may die unseen.
  useEffect(() => {
    const listening = AppState.addEventListener("change", (state) => {
      if (state === "active") ovation.wake();
    });
    return () => listening.remove();
  }, []);

  async function send() {
    if ((await publish({ text })) !== undefined) setText("");
  }

  return (
    <SafeAreaView style={{ flex: 1, padding: 16 }}>
      <Text testID="viewers">{viewers ?? "…"} watching</Text>
      <Button title={`♥ ${like}`} onPress={publishLike} />
      <FlatList
        data={comments}
        keyExtractor={({ id }) => id}
        renderItem={({ item }) => <Text>{item.data}</Text>}
      />
      <TextInput
        accessibilityLabel="Your comment"
        value={text}
        onChangeText={setText}
        onSubmitEditing={send}
      />
    </SafeAreaView>
  );
}
