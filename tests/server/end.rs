//! How a server ends, and what is left.

use std::net::TcpStream;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Message, WebSocket, connect};

use crate::support::Server;

type Socket = WebSocket<MaybeTlsStream<TcpStream>>;

/// The next message of this type; others are passed over.
fn await_message(socket: &mut Socket, kind: &str) -> Value {
    loop {
        match socket.read().expect("the connection stands") {
            Message::Text(text) => {
                let message: Value = serde_json::from_str(&text).unwrap();
                if message["type"] == kind {
                    return message;
                }
            }
            Message::Close(_) => panic!("closed before {kind}"),
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
}

fn say(socket: &mut Socket, message: &Value) {
    socket.send(Message::text(message.to_string())).unwrap();
}

/// Comes into the demonstration meeting by its link number `index`.
fn join(server: &Server, index: usize) -> (Socket, Value) {
    let page = server.get("/api/v1/demo").json();
    let path = page["links"][index]["path"].as_str().unwrap().to_owned();
    let token = path.split_once('#').unwrap().1;
    let (mut socket, _) = connect(format!("ws://{}/api/v1/ws", server.http())).unwrap();
    let hello = json!({
        "type": "hello", "version": 1, "token": token, "instance": "test",
    });
    say(&mut socket, &hello);
    let welcome = await_message(&mut socket, "welcome");
    (socket, welcome)
}

#[test]
fn participants_are_told_when_the_server_stops() {
    let server = Server::start(&["--demo"]);
    let (mut chair, _) = join(&server, 0);
    server.terminate();
    let bye = await_message(&mut chair, "bye");
    assert_eq!(bye["code"], "server_stopping");
    assert_eq!(bye["reconnect"], true);
    drop(chair);
    let (status, log) = server.wait();
    assert!(status.success(), "{log}");
    assert!(log.contains("stopped"), "{log}");
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn a_log_at_its_finest_holds_no_token_and_no_name() {
    let server = Server::start(&["--demo", "--log=trace"]);
    let page = server.get("/api/v1/demo").json();
    let token = page["links"][0]["path"].as_str().unwrap().to_owned();
    let token = token.split_once('#').unwrap().1.to_owned();
    let (chair, _) = join(&server, 0);
    let admin = server.admin_token();
    server.terminate();
    drop(chair);
    let (_, log) = server.wait();
    assert!(log.contains("stopped"), "{log}");
    for secret in [token.as_str(), admin.as_str(), "Trần Thị Minh Hạnh"] {
        assert!(!log.contains(secret), "{secret} stands in the log");
    }
}

#[test]
fn what_was_said_is_there_after_a_crash() {
    let temporary = tempfile::tempdir().unwrap();
    let data_dir = temporary.path().join("data");
    let server = Server::start_in(&data_dir, &["--demo"]);
    let (mut chair, _) = join(&server, 0);
    let chat = json!({
        "type": "command", "id": 1,
        "command": {"type": "send_chat", "text": "Kính mời các điểm cầu báo cáo"},
    });
    say(&mut chair, &chat);
    assert_eq!(await_message(&mut chair, "done")["id"], 1);
    let hand = json!({
        "type": "command", "id": 2, "command": {"type": "set_hand", "raised": true},
    });
    say(&mut chair, &hand);
    assert_eq!(await_message(&mut chair, "done")["id"], 2);
    server.kill();

    let server = Server::start_in(&data_dir, &["--demo"]);
    let (_chair, welcome) = join(&server, 0);
    let snapshot = &welcome["snapshot"];
    assert_eq!(snapshot["chat"][0]["text"], "Kính mời các điểm cầu báo cáo");
    assert!(snapshot["participants"][0]["hand_raised_at"].is_number());
}
