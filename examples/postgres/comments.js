/** The table of comments, and how far it has come: both change in one transaction, or neither does. */
import { readFile } from "node:fs/promises";
import pg from "pg";

const READER = "comments";

export class Comments {
  #database;
  position;

  constructor(database, position) {
    this.#database = database;
    this.position = position;
  }

  static async open(url) {
    const database = new pg.Client({ connectionString: url });
    await database.connect();
    await database.query(await readFile(new URL("schema.sql", import.meta.url), "utf8"));
    const insert = "INSERT INTO positions VALUES ($1, 'start') ON CONFLICT DO NOTHING";
    await database.query(insert, [READER]);
    const select = "SELECT position FROM positions WHERE reader = $1";
    const { rows } = await database.query(select, [READER]);
    return new Comments(database, rows[0].position);
  }

  /** Stores what happened, in order. */
  async apply(events) {
    await this.#transaction(events.at(-1).position, async () => {
      const stored = events.filter(({ type, kind }) => type === "stored" && kind === "comment");
      await this.#insert(stored);
      for (const event of events) {
        if (event.type === "deleted") await this.#delete(event);
        if (event.type === "erased") await this.#erase(event);
      }
    });
  }

  /** Goes on from another position. */
  async moveTo(position) {
    await this.#transaction(position, async () => {});
  }

  async close() {
    await this.#database.end();
  }

  async #insert(stored) {
    const column = (of) => stored.map(of);
    await this.#database.query(
      `INSERT INTO comments (video, id, seq, at, actor, data)
       SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::json[])
       ON CONFLICT DO NOTHING`,
      [
        column(({ video }) => video),
        column(({ id }) => id),
        column(({ seq }) => seq),
        column(({ at }) => new Date(at)),
        column(({ actor }) => actor ?? null),
        column(({ data }) => JSON.stringify(data ?? null)),
      ],
    );
  }

  // Of this batch, all comments are in the table already: only those from before the deletion count.
  async #delete({ video, id, seq }) {
    const text = "DELETE FROM comments WHERE video = $1 AND id = $2 AND seq < $3";
    await this.#database.query(text, [video, id, seq]);
  }

  async #erase({ video, seq }) {
    await this.#database.query("DELETE FROM comments WHERE video = $1 AND seq < $2", [video, seq]);
  }

  async #transaction(position, work) {
    await this.#database.query("BEGIN");
    await work();
    const move = "UPDATE positions SET position = $1 WHERE reader = $2 AND position = $3";
    const { rowCount } = await this.#database.query(move, [position, READER, this.position]);
    if (rowCount === 0) throw new Error(`another program stores ${READER} in this database`);
    await this.#database.query("COMMIT");
    this.position = position;
  }
}
