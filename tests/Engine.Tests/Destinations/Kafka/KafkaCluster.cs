using System.Text;
using Confluent.Kafka;
using Xunit;

namespace Tributary.Engine.Tests.Destinations.Kafka;

/// <summary>Three brokers that speak Kafka's protocol on loopback ports: the mock cluster within librdkafka, which lives as long as the client that holds it.</summary>
public sealed class KafkaCluster : IDisposable
{
    private readonly IProducer<Null, Null> _holder;

    public KafkaCluster()
    {
        var settings = new ProducerConfig { BootstrapServers = "ignored:1" };
        settings.Set("test.mock.num.brokers", "3");
        _holder = new ProducerBuilder<Null, Null>(settings).SetLogHandler(static (_, _) => { }).Build();
        using var admin = new DependentAdminClientBuilder(_holder.Handle).Build();
        Brokers = string.Join(',', admin.GetMetadata(TimeSpan.FromSeconds(10)).Brokers.Select(broker => $"{broker.Host}:{broker.Port}"));
    }

    public string Brokers { get; }

    /// <summary>The first messages of a topic: partition, key, headers and value, in the order of each partition.</summary>
    public List<(int Partition, string? Key, string Headers, string Value)> Read(string topic, int count)
    {
        var settings = new ConsumerConfig { BootstrapServers = Brokers, GroupId = "tests", AutoOffsetReset = AutoOffsetReset.Earliest, EnableAutoCommit = false };
        using var consumer = new ConsumerBuilder<byte[]?, byte[]>(settings).SetLogHandler(static (_, _) => { }).Build();
        using var admin = new DependentAdminClientBuilder(_holder.Handle).Build();
        var partitions = admin.GetMetadata(topic, TimeSpan.FromSeconds(10)).Topics.Single().Partitions;
        consumer.Assign(partitions.Select(partition => new TopicPartitionOffset(topic, partition.PartitionId, Offset.Beginning)));
        var read = new List<(int, string?, string, string)>();
        // One look more than there should be, so that a message too many is found.
        while (consumer.Consume(read.Count < count ? TimeSpan.FromSeconds(10) : TimeSpan.FromMilliseconds(500)) is { } found)
        {
            var headers = string.Join(' ', found.Message.Headers.Select(header => $"{header.Key}={Encoding.UTF8.GetString(header.GetValueBytes())}"));
            read.Add((found.Partition, found.Message.Key is { } key ? Encoding.UTF8.GetString(key) : null, headers, Encoding.UTF8.GetString(found.Message.Value)));
        }

        Assert.Equal(count, read.Count);
        return read;
    }

    public void Dispose() => _holder.Dispose();
}
