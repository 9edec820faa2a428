/* A tunnel's command as words, and its life: started when needed, shared, started again behind its
 * end, ended with its last user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/world.h"
#include "tui/session/tunnel.h"
#include "tui/session/tunnel_command.h"

#define LISTEN                                                                          \
    "python3 -c 'import socket,sys,threading; s = socket.create_server((\"127.0.0.1\"," \
    "int(sys.argv[1]))); threading.Event().wait()' {local_port}"
/* Ends as soon as somebody has said a byte. */
#define LISTEN_ONCE                                                                               \
    "python3 -c 'import socket,sys\ns = socket.create_server((\"127.0.0.1\",int(sys.argv[1])))\n" \
    "while not s.accept()[0].recv(1): pass\nprint(\"the session is over\"); sys.exit(5)' {local_port}"

static const struct tunnel_places places = {.host = "db.example.com",
                                            .port = "5432",
                                            .local_port = 6000,
                                            .instance = "i-0abc",
                                            .region = "eu-central-1"};

static void assert_words(const char *command, const char *wanted)
{
    struct tunnel_words words;
    char joined[1024] = "";
    assert_int_equal(tunnel_words_make(command, &places, &words, NULL), ERROR_NONE);
    size_t used = 0;
    for (int i = 0; i < words.count; i++)
        used += (size_t)snprintf(joined + used, sizeof joined - used, "%s|", words.words[i]);
    assert_null(words.words[words.count]);
    assert_string_equal(joined, wanted);
    tunnel_words_release(&words);
}

static void test_words(void **state)
{
    (void)state;
    assert_words("ssh -N -L {local_port}:{host}:{port} bastion",
                 "ssh|-N|-L|6000:db.example.com:5432|bastion|");
    assert_words("  a\t'b c'\"d e\"  f\\ g '\\h' \"\\\"\" {other} ",
                 "a|b cd e|f g|\\h|\"|{other}|");
    assert_words("ssm", "aws|ssm|start-session|--target|i-0abc|--document-name|"
                        "AWS-StartPortForwardingSessionToRemoteHost|--parameters|"
                        "host=db.example.com,portNumber=5432,localPortNumber=6000|"
                        "--region|eu-central-1|");
}

static void assert_refused(const char *command, struct tunnel_places with, const char *why)
{
    struct tunnel_words words;
    struct error error = ERROR_INIT;
    assert_int_equal(tunnel_words_make(command, &with, &words, &error), ERROR_CONFIG);
    assert_non_null(strstr(error.message, why));
    assert_int_equal(words.count, 0);
}

static void test_what_is_no_command(void **state)
{
    (void)state;
    assert_refused("a 'b", places, "unclosed quote");
    assert_refused("a ''", places, "empty word");
    assert_refused("  ", places, "is empty");
    struct tunnel_places other = places;
    other.host = NULL;
    assert_refused("a", other, "database_host");
    static const char *const hosts[] = {"-x", "a b", "a,b", "a$b", "a\nb", "a/b", ""};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        other.host = hosts[i];
        assert_refused("a {host}", other, "not a host name");
    }
    other = places;
    other.port = "54x";
    assert_refused("a", other, "not a port");
    other = places;
    other.instance = NULL;
    assert_refused("ssm", other, "tunnel_instance");
    other.instance = "i-0 --profile x";
    assert_refused("ssm", other, "begins with i-");
}

static char said[512];

static void say(void *context, const char *text)
{
    (void)context;
    snprintf(said, sizeof said, "%s", text);
}

static void await_down(void)
{
    int64_t deadline_ms = world_monotonic_ms(&world_real) + 10000;
    while (tunnel_look() != TUNNEL_DOWN && world_monotonic_ms(&world_real) < deadline_ms)
        world_sleep_ms(&world_real, 20);
    assert_int_equal(tunnel_look(), TUNNEL_DOWN);
}

static bool byte_send(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool sent =
        connect(fd, (struct sockaddr *)&address, sizeof address) == 0 && write(fd, "x", 1) == 1;
    close(fd);
    return sent;
}

static void test_started_again_behind_its_end(void **state)
{
    const struct tunnel_spec spec = {
        .command = LISTEN_ONCE, .host = "db", .port = "5432", .say = say};
    struct tunnel *tunnel = NULL;
    struct error error = ERROR_INIT;
    int port = 0;
    (void)state;
    assert_int_equal(tunnel_look(), TUNNEL_NONE);
    assert_int_equal(tunnel_share(&spec, &tunnel, NULL), ERROR_NONE);
    assert_int_equal(tunnel_need(tunnel, &spec, NULL, &port, &error), ERROR_NONE);
    assert_int_equal(tunnel_look(), TUNNEL_UP);
    assert_string_equal(said, "");
    assert_int_equal(tunnel_need(tunnel, &spec, NULL, &port, &error), ERROR_NONE);
    assert_true(byte_send(port));
    await_down();
    assert_int_equal(tunnel_need(tunnel, &spec, NULL, &port, &error), ERROR_NONE);
    assert_int_equal(tunnel_look(), TUNNEL_UP);
    assert_non_null(
        strstr(said, "tunnel to db has exited (status 5, output: the session is over)"));
    tunnel_release(tunnel);
    assert_int_equal(tunnel_look(), TUNNEL_NONE);
    assert_false(byte_send(port));
}

static void test_shared_by_the_same_texts(void **state)
{
    struct tunnel_spec spec = {.command = LISTEN, .host = "db", .port = "5432"};
    struct tunnel *one = NULL, *two = NULL, *other = NULL;
    int port = 0, again = 0;
    (void)state;
    assert_int_equal(tunnel_share(&spec, &one, NULL), ERROR_NONE);
    assert_int_equal(tunnel_share(&spec, &two, NULL), ERROR_NONE);
    assert_ptr_equal(one, two);
    spec.port = "5433";
    assert_int_equal(tunnel_share(&spec, &other, NULL), ERROR_NONE);
    assert_ptr_not_equal(one, other);
    tunnel_release(other);
    spec.port = "5432";
    assert_int_equal(tunnel_need(one, &spec, NULL, &port, NULL), ERROR_NONE);
    tunnel_release(one);
    assert_int_equal(tunnel_need(two, &spec, NULL, &again, NULL), ERROR_NONE);
    assert_int_equal(port, again);
    tunnel_release(two);
    assert_false(byte_send(port));
}

static void test_a_cancel_ends_the_wait_and_the_program(void **state)
{
    const struct tunnel_spec spec = {.command = "sleep 1000", .host = "db", .port = "5432"};
    const struct cancel cancel = {1};
    struct tunnel *tunnel = NULL;
    struct error error = ERROR_INIT;
    int port = 0;
    (void)state;
    assert_int_equal(tunnel_share(&spec, &tunnel, NULL), ERROR_NONE);
    assert_int_equal(tunnel_need(tunnel, &spec, &cancel, &port, &error), ERROR_CANCELLED);
    assert_int_equal(tunnel_look(), TUNNEL_DOWN);
    tunnel_release(tunnel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_what_is_no_command),
        cmocka_unit_test(test_started_again_behind_its_end),
        cmocka_unit_test(test_shared_by_the_same_texts),
        cmocka_unit_test(test_a_cancel_ends_the_wait_and_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
