//! Two words of Kafka's own protocol that librdkafka does not speak.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const DESCRIBE_TRANSACTIONS: i16 = 65;

/// The state of a transactional id as its coordinator has it: `Ongoing`, `CompleteCommit`, ...; empty if it is unknown.
pub fn transaction_state(port: u16, id: &str) -> String {
    // Version 0, the flexible form: header 2, lengths plus one, empty lists of tags.
    let mut request = Vec::new();
    request.extend_from_slice(&DESCRIBE_TRANSACTIONS.to_be_bytes());
    request.extend_from_slice(&0_i16.to_be_bytes());
    request.extend_from_slice(&1_i32.to_be_bytes());
    request.extend_from_slice(&4_i16.to_be_bytes());
    request.extend_from_slice(b"test");
    request.extend_from_slice(&[0, 2, u8::try_from(id.len() + 1).unwrap()]);
    request.extend_from_slice(id.as_bytes());
    request.push(0);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(&(request.len() as i32).to_be_bytes()).unwrap();
    stream.write_all(&request).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut answer).unwrap();
    // Correlation id, tags, throttle time, one state: error code, id, state. Lengths below 127 are one byte.
    let state = &answer[4 + 1 + 4 + 1 + 2..];
    let state = &state[usize::from(state[0])..];
    String::from_utf8(state[1..usize::from(state[0])].to_vec()).unwrap()
}
