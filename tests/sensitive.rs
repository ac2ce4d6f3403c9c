use placet::sensitive::{Confidence, Scanner, catalogue};
#[test]
fn quick() {
    let t = std::time::Instant::now();
    let s = Scanner::new(&catalogue(), &placet::Limits::default()).unwrap();
    println!("build {:?} memory {}", t.elapsed(), s.memory());
    for text in [
        "card 4532667785213500 expires 09/27",
        "ref 4532667785213500",
        "card 4111111111111111 expires 09/27",
        "Customer SSN: 120-98-1437",
        "mail john.doe@example.com. ip 10.1.2.3 2001:db8::1 DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_def-1 -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x",
    ] {
        let f = s.scan(text);
        for x in f.as_slice() {
            println!("{} {:?} {:?}", f.kind(x), x, f.text(x));
        }
        println!("{}", f.redaction().text());
    }
    println!("{:?}", s.examine("card 4111111111111111 expires 09/27", "CreditCard", Confidence::LOW));
}
