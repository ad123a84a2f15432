// One thread: shows what is said, ticks tasks, posts. A client that is to last comes back when it has
// lost its connection: see the README.
const main = document.querySelector("main"), at = (id) => document.getElementById(id);
const note = (text) => { at("note").textContent = text; };
let { url, token, thread } = main.dataset, id = 0, me, names = {}, last = 0;
if (token) {
  const ws = new WebSocket(url, "tidings.v1.json");
  const send = (command) => ws.send(JSON.stringify({ id: ++id, command }));
  const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });
  const who = (person) => names[Object.values(person)[0]] ?? "Somebody";

  const drawTasks = (tasks) => at("tasks").replaceChildren(...tasks.map(({ task, text, done }) => {
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: !!done });
    box.onchange = () => send({ [box.checked ? "tick_task" : "untick_task"]: { thread, task } });
    const label = document.createElement("label"), item = document.createElement("li");
    label.append(box, " " + text), item.append(label);
    return item;
  }));
  const hear = (event) => {
    if (event.seq <= last) return;
    last = event.seq;
    const said = event.kind.message_posted;
    if (!said) return;
    const item = document.createElement("li");
    item.append(element("b", `${who(event.actor)}, ${new Date(event.at_ms).toLocaleString()}`), said.body);
    at("log").append(item);
  };
  const join = () => {
    if (!thread) return note(`You are logged in, ${me}. There is no thread that you see yet.`);
    send({ join: { thread, after: 0 } });
  };
  const show = ({ item, tasks, participants }) => {
    for (const { person, name } of participants) names[Object.values(person)[0]] = name;
    at("post").hidden = item.summary.archived;
    document.querySelector("h1").textContent = item.summary.subject;
    note(`You are logged in as ${me}. This page stands for the application that a firm has of its own.`);
    drawTasks(tasks);
  };

  ws.onopen = () => send({ authenticate: { token } });
  ws.onmessage = ({ data }) => {
    const { welcome, reply, event, events } = JSON.parse(data);
    if (welcome && !me) {
      me = welcome.name;
      thread ||= welcome.threads[0]?.summary.thread;
      join();
    }
    const { ok, refused } = reply?.outcome ?? {};
    if (refused) note(refused.message || refused.code);
    const view = ok?.joined?.view ?? ok?.thread;
    if (view) show(view);
    for (const one of events?.events ?? (event ? [event] : [])) hear(one);
    if (event || events) send({ read: { thread, up_to: last } });
    if (event && !event.kind.message_posted) send({ get_thread: { thread } });    // tasks and the like
  };
  ws.onclose = () => note("The connection is closed. Open the link of a newer email to come back.");
  at("post").onsubmit = (submit) => {
    submit.preventDefault();
    const field = at("post").elements.body;
    send({ post_message: { thread, key: crypto.randomUUID(), body: field.value } });
    field.value = "";
  };
}
