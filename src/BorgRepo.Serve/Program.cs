using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;

// Speaks borg's serve protocol on its standard streams, with the options of "borg serve".
using Stream input = Console.OpenStandardInput();
using Stream output = Console.OpenStandardOutput();
using Stream errors = Console.OpenStandardError();

ServerOptions options;
try
{
    options = ServerCommandLine.Parse(
        args,
        Environment.GetEnvironmentVariable("SSH_ORIGINAL_COMMAND"),
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        Environment.CurrentDirectory) with
    { CheckWorkers = Math.Min(Environment.ProcessorCount, ServerOptions.MostCheckWorkers) };
}
catch (FormatException error)
{
    errors.Write(System.Text.Encoding.UTF8.GetBytes($"borgrepo-serve: {error.Message}\n"));
    return RepositoryServer.Refused;
}

using RepositoryServer server = new(options, LocalFileSystem.Instance, SystemEnvironment.Instance, errors);
using ServerSignals signals = new(server);
return server.Run(input, output);
