# The launchers, each by its name; further arguments are theirs: just up --demo, just test tests/unit

set positional-arguments

# List the entries
default:
    @just --list --unsorted

# Start the whole system on this machine; Ctrl-C ends it
up *arguments:
    @local-dev/up "$@"

# Run all checks and tests; with arguments, pytest with these
test *arguments:
    @local-dev/test "$@"

# Simulate devices that send readings
send *arguments:
    @local-dev/send "$@"

# Post one event to a function, and print its response and what KafkaSource does with it
invoke *arguments:
    @local-dev/invoke "$@"

# Show lag, deliveries and instances of the running system
status *arguments:
    @local-dev/status "$@"

# Remove the data of local-dev/up, after a question
reset *arguments:
    @local-dev/reset "$@"

# Kill parts of a system of its own at random, and account for every reading
chaos *arguments:
    @local-dev/chaos "$@"

# Measure the parts, each beside a baseline of the same run
bench *arguments:
    @local-dev/bench "$@"

# Compare the bridge with a recording of the real KafkaSource
conform *arguments:
    @local-dev/conform "$@"

# Test a system that is deployed on a Knative cluster
cluster-test *arguments:
    @local-dev/cluster-test "$@"
