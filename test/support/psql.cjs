/** What stands for psql where it is not installed: `psql URL -f FILE` and `psql URL -c SQL`. */
const { readFileSync } = require("node:fs");
const { Client } = require("pg");

async function main([url, how, what]) {
  const client = new Client({ connectionString: url });
  await client.connect();
  // Roles are the server's: whoever followed the page there before has made them.
  const made = (error) => {
    if (error.code !== "42710") throw error;
  };
  await client.query(how === "-f" ? readFileSync(what, "utf8") : what).catch(made);
  await client.end();
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
