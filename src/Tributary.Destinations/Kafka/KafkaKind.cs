using Microsoft.Extensions.Configuration;
using Tributary.Destinations.Http;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Destinations.Kafka;

/// <summary>Kafka in the catalogue: every event is a message of a topic.</summary>
/// <remarks>
/// librdkafka resolves names and connects by itself. The rules of egress are asked about the brokers that are named and those that the cluster advertises, but not
/// at the very moment of each connection; therefore the kind is offered only when the operator says so.
/// </remarks>
public static class KafkaKind
{
    /// <summary>Its <c>metadataId</c>.</summary>
    public const string Slug = "kafka";

    /// <summary>Name of the setting (also an environment variable) that offers it when it is <c>allow</c>.</summary>
    public const string AllowKey = "TRIBUTARY_KAFKA";

    public static DestinationKind Value { get; } = new(
        Slug,
        "Kafka",
        "Sends every event as a message to a topic.",
        [
            new("brokers", "string", true, "Hosts and ports of some brokers, separated by commas."),
            new("topic", "string", true, "Name of the topic."),
            new("key", "string", false, "Field that becomes the key: userId (the default; anonymousId when there is none), anonymousId (or else userId) or messageId."),
            new("tls", "string", false, "on (the default) or off."),
            new("caCertificate", "string", false, "Certificates that vouch for the brokers, as PEM; those of the system when it is not given."),
            new("login", "string", false, "none (the default), plain, scram-sha-256 or scram-sha-512."),
            new("username", "string", false, "Required with a login."),
            new("password", "string", false, "Required with a login.", IsSecret: true),
            new("compression", "string", false, "lz4 (the default), none, gzip, snappy or zstd."),
        ],
        settings =>
        {
            KafkaModel.Read(settings, out var reader);
            return reader.Faults;
        });

    /// <summary>True when the operator has allowed it.</summary>
    public static bool IsAllowed(IConfiguration configuration) => configuration[AllowKey] == "allow";

    /// <summary>How messages are sent.</summary>
    public static DestinationDriver Driver(EgressRules rules, TimeProvider clock) => new(Slug, request =>
        KafkaModel.Read(request.Settings, out var reader) is not { } model ? SenderOpened.Faulty(reader.Sentence)
        : SenderOpened.With(request.IsDryRun ? new KafkaDryRun(model) : new KafkaSender(model, rules, clock)));
}
