using System.CommandLine;

namespace Tributary.Server.Cli;

/// <summary>The one executable. Verbs in the order in which data flows; without a verb it serves.</summary>
internal static class TributaryCommand
{
    public static RootCommand Build()
    {
        var serve = new ServeCommand();
        var root = new RootCommand("Tributary, a customer data platform in one process.")
        {
            serve,
            new DemoCommand(),
            new PlanCommand(),
            new ApplyCommand(),
            new ExportCommand(),
            new ImportCommand(),
            new EventsCommand(),
            new ProfilesCommand(),
            new AudiencesCommand(),
            new SqlTraitsCommand(),
            new LakeCommand(),
            new DestinationsCommand(),
            new BenchCommand(),
            new ReplayCommand(),
        };
        serve.AlsoOn(root);
        return root;
    }
}
