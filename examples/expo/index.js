// The client makes ids of random bytes; React Native has no `crypto` of its own. So it comes first.
import "react-native-get-random-values";
import { registerRootComponent } from "expo";
import { App } from "./app";

registerRootComponent(App);
