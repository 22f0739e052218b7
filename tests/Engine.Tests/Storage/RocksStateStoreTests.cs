using Tributary.Engine.Storage;
using Xunit;

namespace Tributary.Engine.Tests.Storage;

/// <summary>What the store does at its end.</summary>
public sealed class RocksStateStoreTests
{
    [Fact]
    public async Task A_store_that_is_closed_while_it_is_read_refuses_and_does_not_crash()
    {
        var folder = Directory.CreateTempSubdirectory("tributary-");
        try
        {
            var store = RocksStateStore.Open(folder.FullName);
            using (var draft = store.Begin())
            {
                for (byte at = 0; at < 200; at++) draft.Put(Table.Meta, [at], [at]);
                draft.Commit();
            }

            // Pages read beside the river, and do not know when it ends.
            using var reading = new CountdownEvent(4);
            var readers = Enumerable.Range(0, 4).Select(reader => Task.Run(() =>
            {
                for (var round = 0; ; round++)
                {
                    if (round == 1) reading.Signal();
                    if (reader % 2 == 0) Assert.Equal([7], store.Get(Table.Meta, [7])!);
                    else Assert.Equal(200, store.Scan(Table.Meta, [], [0xFF, 0xFF]).Count());
                }
            })).ToList();
            reading.Wait(TestContext.Current.CancellationToken);
            store.Dispose();

            foreach (var reader in readers) await Assert.ThrowsAsync<ObjectDisposedException>(() => reader);
            Assert.Throws<ObjectDisposedException>(() => store.Contains(Table.Meta, [7]));
            using var again = RocksStateStore.Open(folder.FullName);
            Assert.Equal([7], again.Get(Table.Meta, [7])!);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_draft_that_outlasts_the_store_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("tributary-");
        try
        {
            var store = RocksStateStore.Open(folder.FullName);
            using var draft = store.Begin();
            draft.Put(Table.Meta, [1], [1]);
            store.Dispose();

            Assert.Throws<ObjectDisposedException>(() => draft.Put(Table.Meta, [2], [2]));
            Assert.Throws<ObjectDisposedException>(() => draft.Delete(Table.Meta, [1]));
            Assert.Throws<ObjectDisposedException>(() => draft.DeleteRange(Table.Meta, [1], [3]));
            Assert.Throws<ObjectDisposedException>(() => draft.Commit());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
